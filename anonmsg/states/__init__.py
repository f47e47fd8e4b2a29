"""States: what a browser can see and call. Each handler validates, calls one service, shows the answer.

Every public method here is an endpoint that anybody can call with any JSON, so none trusts its
arguments, and each that touches somebody's data asks again whose session it is.
"""
