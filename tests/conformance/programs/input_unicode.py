# about: input in many scripts
# outcome: OUTCOME_OK
# stdin: Zoë 李雷 Ωμέγα 🚀
# stdout: 🚀 Ωμέγα 李雷 Zoë
# stdout: 11
words = input().split()
print(" ".join(reversed(words)))
print(sum(map(len, words)))
