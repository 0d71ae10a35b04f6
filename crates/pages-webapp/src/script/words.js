// What the page says, in the two languages that it speaks.
const ENGLISH = {
  thought: 'Thoughts', picture: 'Picture', you: 'You', answer: 'Answer', answering: 'Answering…', answered: 'Answered.', stopped: 'Stopped.', failed: 'This could not be answered.',
  send: 'Send', stop: 'Stop', copy: 'Copy', copied: 'Copied', copyCode: 'Copy code', like: 'Good answer', dislike: 'Bad answer', sources: 'Sources', steps: 'Steps', files: 'Files', remove: 'Remove', uploading: 'uploading…',
  waits: 'This waits until somebody fills in a form.', filled: 'Answered:', late: 'Nobody answered this form in time.', sent: 'Your answer was sent.',
  conversations: 'Conversations', fresh: 'New conversation', noConversations: 'No conversations yet.', rename: 'Rename', pin: 'Pin', unpin: 'Unpin', delete: 'Delete', cancel: 'Cancel', save: 'Save', more: 'More about', older: 'Earlier messages', moreConversations: 'More conversations', name: 'Name', sureDelete: 'Delete this conversation and everything in it?', pinned: 'pinned', close: 'Close', menu: 'Conversations',
  offline: 'The connection was lost. Trying again…', gone: 'The connection was lost. Reload the page to see the answer.', tooMany: 'At most {n} files.', json: 'This is not JSON.', message: 'Write a message.', run: 'Run', running: 'Running…', done: 'Done', result: 'Result', succeeded: 'Succeeded', partial: 'Succeeded in part', failure: 'Failed', paused: 'Waiting for a person', download: 'Download as JSON', seconds: 's', link: 'Address of a file',
}
const CHINESE = {
  thought: '思考过程', picture: '图片', you: '您', answer: '回答', answering: '正在回答…', answered: '已回答。', stopped: '已停止。', failed: '无法回答此消息。',
  send: '发送', stop: '停止', copy: '复制', copied: '已复制', copyCode: '复制代码', like: '回答得好', dislike: '回答不好', sources: '引用', steps: '步骤', files: '文件', remove: '移除', uploading: '上传中…',
  waits: '正在等待有人填写表单。', filled: '已填写：', late: '表单未在期限内填写。', sent: '您的答复已提交。',
  conversations: '对话', fresh: '新对话', noConversations: '暂无对话。', rename: '重命名', pin: '置顶', unpin: '取消置顶', delete: '删除', cancel: '取消', save: '保存', more: '更多操作：', older: '更早的消息', moreConversations: '更多对话', name: '名称', sureDelete: '删除此对话及其全部内容？', pinned: '已置顶', close: '关闭', menu: '对话列表',
  offline: '连接已断开，正在重试…', gone: '连接已断开，请刷新页面查看回答。', tooMany: '最多 {n} 个文件。', json: '内容不是有效的 JSON。', message: '请输入消息。', run: '运行', running: '运行中…', done: '完成', result: '结果', succeeded: '成功', partial: '部分成功', failure: '失败', paused: '等待人工处理', download: '下载 JSON', seconds: '秒', link: '文件地址',
}

export const words = document.documentElement.lang.startsWith('zh') ? CHINESE : ENGLISH
