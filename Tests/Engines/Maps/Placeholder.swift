// Maps suites
