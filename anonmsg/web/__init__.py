"""Web: what is plain HTTP around the pages, such as cookies, headers, and which file answers an address."""
