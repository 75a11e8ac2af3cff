import Storage

/// Shipped; never changes.
let migration0001 = Migration("0001-first", migration0001Part1 + migration0001Part2 + migration0001Part3 + migration0001Part4 + migration0001Part5 + migration0001Part6)
