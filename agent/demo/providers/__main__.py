"""Runs the stand-ins; `process` has the code.

multiprocessing imports the main module a second time in each child, unless its name is `__main__`
of a package. That would take 0.3 s of CPU time for each avatar.
"""

from agent.demo.providers.process import main

main()
