import Storage

/// Shipped; never changes.
let migration0032 = Migration("0032-transport-enforcement", migration0032Part1)
