print('It's raining')
