improt random
