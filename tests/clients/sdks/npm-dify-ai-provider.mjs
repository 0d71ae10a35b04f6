// npm `dify-ai-provider` as the AI SDK calls it: text at once and streamed, a conversation that goes on, a file, a failure.
// Usage: node npm-dify-ai-provider.mjs URL-OF-V1 KEY-OF-A-CHATFLOW. Prints one JSON object: what it learnt.
import { generateText, streamText } from 'ai'
import { createDifyProvider } from 'dify-ai-provider'

const [url, apiKey] = process.argv.slice(2)
const dify = createDifyProvider({ baseURL: url })
const model = (key) => dify('app', { apiKey: key, logger: false })
const headers = { 'user-id': 'ada' }
const say = (content, more = {}) => ({ model: model(apiKey), headers: { ...headers, ...more }, messages: [{ role: 'user', content }] })
const learnt = {}

const first = await generateText(say('Hello'))
learnt.answer = first.text
learnt.tokens = [first.usage.inputTokens, first.usage.outputTokens, first.usage.totalTokens]
learnt.finish = first.finishReason
const { conversationId, messageId } = first.providerMetadata.difyWorkflowData
learnt.ids = [conversationId, messageId].map((id) => /^[0-9a-f-]{36}$/.test(id))

const second = streamText(say('Hello again', { 'chat-id': conversationId }))
learnt.streamed = ''
for await (const text of second.textStream) learnt.streamed += text
learnt.streamed_finish = await second.finishReason
learnt.same_conversation = (await second.providerMetadata).difyWorkflowData.conversationId === conversationId

const system = await generateText({ ...say('Question'), system: 'Be brief.' })
learnt.with_system = system.text

const file = { type: 'file', data: new TextEncoder().encode('some words'), mediaType: 'text/plain', filename: 'notes.txt' }
const read = await generateText(say([{ type: 'text', text: 'Read this' }, file]))
learnt.read = read.text
const read_in = `user=ada&conversation_id=${read.providerMetadata.difyWorkflowData.conversationId}`
const kept = await fetch(`${url}/messages?${read_in}`, { headers: { Authorization: `Bearer ${apiKey}` } })
learnt.files = (await kept.json()).data[0].message_files.map((one) => one.filename)

learnt.refused = await generateText({ ...say('Hello'), model: model('app-of-nobody'), maxRetries: 0 })
  .then(() => 'opened', (error) => [error.statusCode, error.data?.code])
console.log(JSON.stringify(learnt))
