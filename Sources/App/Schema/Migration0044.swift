import Storage

/// Shipped; never changes.
let migration0044 = Migration("0044-points", migration0044Part1)
