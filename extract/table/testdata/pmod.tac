start[minutes] end[kBq/cc] Left-Putamen  CSF
0 0.166667 0.0005 -0.002
0.166667 0.666667 1 0.3
0.666667 6.666667 2.5 0.25
