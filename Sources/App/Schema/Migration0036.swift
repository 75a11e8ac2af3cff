import Storage

/// Shipped; never changes.
let migration0036 = Migration("0036-security-desks", migration0036Part1)
