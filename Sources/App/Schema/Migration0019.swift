import Storage

/// The park, the office, talk, broadcasts and inspections on the road; shipped, never changes.
let migration0019 = Migration("0019-office", migration0019Part1 + migration0019Part2 + migration0019Part3)
