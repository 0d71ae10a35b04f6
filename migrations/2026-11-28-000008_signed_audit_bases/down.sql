ALTER TABLE gatewright_audit_heads DROP COLUMN base_signature;
ALTER TABLE gatewright_audit_heads DROP COLUMN base_before;
