# attack: waits in vfork, which no signal but a kill interrupts, for a child that never ends
# family: lifecycle
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=2000
# ends-within: 4s
# stops-it: cgroup kill, death of the pid namespace
import kit

# mov eax, 58 (vfork); syscall; test eax, eax; jne out; child: mov eax, 34 (pause); syscall; jmp child; out: ret
CODE = bytes.fromhex("b8 3a 00 00 00 0f 05 85 c0 75 09 b8 22 00 00 00 0f 05 eb f7 c3")
result = kit.machine_code(CODE)(0, 0)
print("ESCAPED vfork came back with", result) if result > 0 else print("BROKEN vfork was refused:", result)
