// The TypeScript client of Dify's own repository, compiled, every method of it that is served here.
// Usage: node original-typescript.mjs COMPILED-INDEX URL-OF-V1 KEY-OF-A-CHATFLOW KEY-OF-A-WORKFLOW. Prints one JSON object: what it learnt.
const [index, url, chatKey, workflowKey] = process.argv.slice(2)
const { ChatClient, WorkflowClient } = await import(index)
const user = 'ada'
const settings = (apiKey) => ({ apiKey, baseUrl: url, maxRetries: 0 })
const chat = new ChatClient(settings('app-of-nobody'))
const learnt = {}

learnt.refused = await chat.getInfo().then(() => 'opened', (error) => [error.constructor.name, error.statusCode])
chat.updateApiKey(chatKey)

learnt.parameters = (await chat.getParameters(user)).data.user_input_form[0]['text-input'].variable
learnt.meta = (await chat.getMeta(user)).data
learnt.info = (await chat.getInfo(user)).data.mode
learnt.site = (await chat.getSite(user)).data.title

const query = 'Say ["Why?", "How?"]'
const first = (await chat.createChatMessage({ inputs: {}, query, user, response_mode: 'blocking' })).data
learnt.answer = first.answer
const conversation = first.conversation_id
const stream = await chat.createChatMessage({}, 'Hello', user, true, conversation)
learnt.streamed = ''
learnt.events = []
for await (const { data } of stream) {
  if (data?.event === 'message') learnt.streamed += data.answer
  if (data && learnt.events.at(-1) !== data.event) learnt.events.push(data.event)
}

const form = new FormData()
form.append('file', new Blob(['some words'], { type: 'text/plain' }), 'notes.txt')
const file = (await chat.fileUpload(form, user)).data
learnt.uploaded = [file.name, file.size]
const files = [{ type: 'document', transfer_method: 'local_file', upload_file_id: file.id }]
await chat.createChatMessage({}, 'Read this', user, false, conversation, files)
learnt.previewed = (await chat.filePreview(file.id, user, true)).data.toString()

learnt.suggested = (await chat.getSuggested(first.message_id, user)).data.data
learnt.rated = (await chat.messageFeedback({ messageId: first.message_id, rating: 'like', user, content: 'good' })).data.result
learnt.feedbacks = (await chat.getAppFeedbacks(1, 20)).data.data.map((one) => one.rating)
learnt.messages = (await chat.getConversationMessages(user, conversation)).data.data.map((message) => message.query)
learnt.renamed = (await chat.renameConversation(conversation, 'By hand', user)).data.name
learnt.conversations = (await chat.getConversations(user, null, 20, '-updated_at')).data.data.map((one) => one.name)

const [variable] = (await chat.getConversationVariables(conversation, user)).data.data
learnt.variable = variable.name
learnt.set = (await chat.updateConversationVariable(conversation, variable.id, user, ['new'])).data.value

const annotation = (await chat.createAnnotation({ question: 'q', answer: 'a' })).data
learnt.annotation = (await chat.updateAnnotation(annotation.id, { question: 'q', answer: 'b' })).data.answer
learnt.annotations = (await chat.listAnnotations({ keyword: 'q' })).data.total
learnt.annotation_deleted = (await chat.deleteAnnotation(annotation.id)).status

for await (const { data } of await chat.createChatMessage({}, 'hold:for ever', user, true)) {
  if (data?.event === 'message') learnt.stopped = (await chat.stopChatMessage(data.task_id, user)).data.result
  if (data?.event === 'workflow_finished') learnt.stopped_as = data.data.status
}
learnt.deleted = (await chat.deleteConversation(conversation, user)).status

const workflow = new WorkflowClient(settings(workflowKey))
const ran = (await workflow.run({ name: 'Ada' }, user)).data
learnt.ran = ran.data.outputs.result
learnt.run = (await workflow.getRun(ran.workflow_run_id)).data.status
const byId = { inputs: { name: 'Bob' }, user, response_mode: 'blocking' }
learnt.ran_by_id = (await workflow.runById(ran.data.workflow_id, byId)).data.data.outputs.result
for await (const { data } of await workflow.run({ name: 'wait' }, user, true)) {
  if (data?.event === 'workflow_started') learnt.run_stopped = (await workflow.stop(data.task_id, user)).data.result
  if (data?.event === 'workflow_finished') learnt.run_stopped_as = data.data.status
}
learnt.logs = (await workflow.getLogs({ status: 'succeeded' })).data.total
console.log(JSON.stringify(learnt))
