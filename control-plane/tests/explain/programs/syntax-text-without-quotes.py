print(Hello World)
