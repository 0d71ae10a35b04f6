# What the interpreter runs first: it says that it is ready, reads a program, runs it, and says how it ended.
# Nothing here keeps a program in; that was done before the interpreter started.
import atexit, base64, datetime, json, math, os, re, sys, threading, traceback

sys.path.extend(sys.argv[1:])
sys.argv = [""]
os.write(1, b"\x06")
__program = sys.stdin.buffer.read()


def __run(program):
    try:
        scope = {"__name__": "__main__", "__builtins__": __builtins__}
        exec(compile(program, "<fd3>", "exec"), scope)
        status = 0
    except SystemExit as leaving:
        status = leaving.code
        if status is None:
            status = 0
        elif not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
    except BaseException as error:
        traceback.print_exception(type(error), error, error.__traceback__.tb_next)
        status = 255
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        status = status or 255
    end = b"\x00end:%d\x00" % (status & 255)
    os.write(1, end)
    os.write(2, end)
    os._exit(status & 255)


__run(__program)
