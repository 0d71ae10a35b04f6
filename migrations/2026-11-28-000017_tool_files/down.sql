-- An existing installation's table stays: it holds its files.
SELECT 1;
