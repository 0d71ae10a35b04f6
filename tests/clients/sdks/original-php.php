<?php
// The PHP client of Dify's own repository, every method of it that is served here.
// Usage: php original-php.php FOLDER-OF-THE-CLIENT URL-OF-V1 KEY-OF-A-CHATFLOW KEY-OF-A-WORKFLOW. Prints one JSON object: what it learnt.
[, $folder, $url, $chatKey, $workflowKey] = $argv;
require "$folder/vendor/autoload.php";
require_once "$folder/dify-client.php";

$user = 'ada';
$learnt = [];
$read = fn ($response) => json_decode((string) $response->getBody(), true);

try {
    (new ChatClient('app-of-nobody', "$url/"))->get_meta($user);
} catch (GuzzleHttp\Exception\ClientException $refusal) {
    $learnt['refused'] = $read($refusal->getResponse())['code'];
}
$chat = new ChatClient($chatKey, "$url/");
$learnt['parameters'] = $read($chat->get_application_parameters($user))['user_input_form'][0]['text-input']['variable'];
$learnt['meta'] = $chat->get_meta($user)->getStatusCode();

$first = $read($chat->create_chat_message(new stdClass(), 'Say ["Why?", "How?"]', $user));
$learnt['answer'] = $first['answer'];
$conversation = $first['conversation_id'];
$body = $chat->create_chat_message(new stdClass(), 'hold:for ever', $user, 'streaming')->getBody();
$rest = '';
while (!$body->eof()) {
    $rest .= $body->read(1);
    if (!str_ends_with($rest, "\n\n")) {
        continue;
    }
    $event = json_decode(substr(trim($rest), strlen('data: ')), true);
    $rest = '';
    if (($event['event'] ?? '') === 'message') {
        $learnt['stopped'] = $read($chat->stop_message($event['task_id'], $user))['result'];
    }
    if (($event['event'] ?? '') === 'workflow_finished') {
        $learnt['stopped_as'] = $event['data']['status'];
    }
}

$learnt['rated'] = $read($chat->message_feedback($first['message_id'], 'like', $user))['result'];
$learnt['suggested'] = $read($chat->get_suggestions($first['message_id'], $user))['data'];
$messages = $read($chat->get_conversation_messages($user, $conversation))['data'];
$learnt['messages'] = array_column($messages, 'query');
$learnt['conversations'] = count($read($chat->get_conversations($user))['data']);
$learnt['deleted'] = $chat->delete_conversation($conversation, $user)->getStatusCode();

$workflow = new WorkflowClient($workflowKey, "$url/");
$learnt['ran'] = $read($workflow->run(['name' => 'Ada'], 'blocking', $user))['data']['outputs']['result'];
$learnt['stop'] = $read($workflow->stop('5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff', $user))['result'];
echo json_encode($learnt), "\n";
