"""Services: the rules of the product, as plain classes that know neither Reflex, MongoDB nor HTTP."""
