package config

// Version is the version of the code. It is part of what decides a result:
// whoever changes what comes out of the line changes it.
const Version = "0.1.0"
