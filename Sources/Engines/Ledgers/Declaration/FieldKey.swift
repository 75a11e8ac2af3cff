/// The name of a field with the type Swift code reads it as. Code never spells field names: it uses the keys that stand beside the declaration.
///
///     static let vin = FieldKey<String>("vin")
///     let value = record[OnSiteVehicle.vin]
package struct FieldKey<Value: FieldReadable>: Sendable, Hashable {
    package let name: String
    package init(_ name: String) { self.name = name }
}
