# attack: none: an honest program that needs its own memory, which must not feel its neighbour
# family: between-runs
# expect: blocked
# ends-within: 6s
# stops-it: memory limit of the cgroup
import kit

block = bytearray(80 << 20)
for place in range(0, len(block), 4096):
    block[place] = 1
kit.blocked(f"{sum(block[::4096])} pages of its own")
kit.finish()
