import Storage

/// Shipped; never changes.
let migration0046 = Migration("0046-transport-equipment", migration0046Part1)
