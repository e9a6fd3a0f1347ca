"""Runs the stand-ins. Avatar processes would import any module with another name a second time
(multiprocessing does so with the main module), which takes 0.3 s of CPU time for each avatar."""

from agent.demo.providers.process import main

main()
