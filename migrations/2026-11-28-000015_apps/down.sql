-- An existing installation's tables stay: they hold its applications.
DROP TABLE gatewright_app_dependencies;
DROP TABLE gatewright_app_imports;
