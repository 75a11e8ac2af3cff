import Storage

/// Shipped; never changes.
let migration0053 = Migration("0053-service-quality-uploads", migration0053Part1)
