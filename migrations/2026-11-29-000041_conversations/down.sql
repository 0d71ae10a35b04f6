-- Tables of Dify stay: a database of its own has them, too.
DROP INDEX IF EXISTS gatewright_message_annotations_app_created_idx;
DROP INDEX IF EXISTS gatewright_workflow_app_logs_app_created_idx;
DROP INDEX IF EXISTS gatewright_message_feedbacks_app_created_idx;
DROP INDEX IF EXISTS gatewright_messages_conversation_created_idx;
DROP INDEX IF EXISTS gatewright_conversations_account_created_idx;
DROP INDEX IF EXISTS gatewright_conversations_account_updated_idx;
DROP INDEX IF EXISTS gatewright_conversations_user_created_idx;
DROP INDEX IF EXISTS gatewright_conversations_user_updated_idx;
