input("Name? ") = name
