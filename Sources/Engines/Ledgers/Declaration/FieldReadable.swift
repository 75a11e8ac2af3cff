import Kernel
import Storage

/// A Swift type that a stored field can be read as.
package protocol FieldReadable: Sendable {
    static func read(_ value: SQLValue) -> Self?
    var stored: SQLValue { get }
}

extension String: FieldReadable {
    package static func read(_ value: SQLValue) -> String? { value.text }
    package var stored: SQLValue { .text(self) }
}
extension Int: FieldReadable {
    package static func read(_ value: SQLValue) -> Int? { value.int.map(Int.init) }
    package var stored: SQLValue { .int(Int64(self)) }
}
extension Int64: FieldReadable {
    package static func read(_ value: SQLValue) -> Int64? { value.int }
    package var stored: SQLValue { .int(self) }
}
extension Double: FieldReadable {
    package static func read(_ value: SQLValue) -> Double? { value.double }
    package var stored: SQLValue { .real(self) }
}
extension Bool: FieldReadable {
    package static func read(_ value: SQLValue) -> Bool? { value.int.map { $0 != 0 } }
    package var stored: SQLValue { .int(self ? 1 : 0) }
}
extension Moment: FieldReadable {
    package static func read(_ value: SQLValue) -> Moment? { value.int.map { Moment(milliseconds: $0) } }
    package var stored: SQLValue { .int(milliseconds) }
}
extension Day: FieldReadable {
    package static func read(_ value: SQLValue) -> Day? { value.int.flatMap { Day(number: Int($0)) } }
    package var stored: SQLValue { .int(Int64(number)) }
}
