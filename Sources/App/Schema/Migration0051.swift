import Storage

/// Shipped; never changes.
let migration0051 = Migration("0051-cameras", migration0051Part1)
