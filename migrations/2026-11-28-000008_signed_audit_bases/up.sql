-- expand
-- Where a chain of the audit trail begins after retention removed its oldest part: removed when older than
-- what, and signed with a key that is not in this database. A base that nobody signed is a fault.
ALTER TABLE gatewright_audit_heads ADD COLUMN base_before TIMESTAMPTZ;
ALTER TABLE gatewright_audit_heads ADD COLUMN base_signature TEXT;
