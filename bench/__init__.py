"""`make bench`: speed and memory as ratios of runs made in turn on one machine.

    measure.py         what one process cost: wall clock, CPU time, peak memory
    line.py            a figure, and all of them as a table
    drops.py           the daily files: real ones, or ones like them; and larger shops made of them
    shop.py            a shop's folder and the command line in it, each call a fresh process
    baseline.py        the same gold tables by a script written by hand, and whether they are the same
    online_retail.py   the first run against that script, and where the rest goes
    days.py            nothing new and one new day, each against the first run, by length of history
    memory.py          the peak of the first run, by number of files and by size of shop
    demo.py            the three parts of `make run`
    small_files.py     two thousand files in one run
    databases.py       a table of five million orders, first and when a thousand rows changed, against the limit and other tools
    orders.py          that table, and what the server's own client does with it
    rivals.py          the same by other tools, in an environment of their own (.venv-bench)

Nothing here fails because it was slow: the figures are for people. It fails where something is wrong.
"""
