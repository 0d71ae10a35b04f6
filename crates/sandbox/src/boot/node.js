// What Node runs first: it says that it is ready, reads a program, runs it, and says how it ended.
// Nothing here keeps a program in; that was done before Node started.
{
  const fs = require('fs');
  const write = fs.writeSync;
  let failed = false;
  // Makes the streams, which takes longer than most programs. What is printed waits for whoever reads it, not in memory.
  for (const stream of [process.stdout, process.stderr]) stream._handle?.setBlocking?.(true);
  console.log;
  process.on('uncaughtExceptionMonitor', () => { failed = true; });
  process.on('exit', (code) => {
    // An error is printed behind this event: then the end of the process is the end.
    if (failed) return;
    const end = `\0end:${Number(code) & 255}\0`;
    write(1, end);
    write(2, end);
  });
  write(1, '\x06');
  const program = fs.readFileSync(0, 'utf8');
  (0, eval)(program);
}
