# attack: makes System V shared memory, semaphores, queues and POSIX queues, which outlive their maker
# family: syscalls
# expect: blocked
# stops-it: seccomp, ipc namespace
import kit

IPC_CREAT = 0o1000
kit.attempt("shmget", lambda: kit.syscall("shmget", 0x5EC, 4096, IPC_CREAT | 0o666))
kit.attempt("semget", lambda: kit.syscall("semget", 0x5EC, 1, IPC_CREAT | 0o666))
kit.attempt("msgget", lambda: kit.syscall("msgget", 0x5EC, IPC_CREAT | 0o666))
kit.attempt("mq_open", lambda: kit.syscall("mq_open", "mine", 0o102, 0o666, None))
kit.attempt("mq_unlink", lambda: kit.syscall("mq_unlink", "mine") == 0)
kit.finish()
