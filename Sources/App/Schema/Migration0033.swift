import Storage

/// Shipped; never changes.
let migration0033 = Migration("0033-transport-inspection", migration0033Part1 + migration0033Part2)
