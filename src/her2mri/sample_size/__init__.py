"""How many lesions it takes: to develop a model, and to validate one."""
