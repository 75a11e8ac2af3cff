import Storage

/// Shipped; never changes.
let migration0048 = Migration("0048-guarding", migration0048Part1 + migration0048Part2)
