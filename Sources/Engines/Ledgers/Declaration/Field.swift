/// One field of a ledger, declared. A value without closures, so that it can be listed, compared and exported.
package struct Field: Sendable, Equatable {
    package var name: String
    package var title: String
    package var titleEN: String?
    package var kind: FieldKind
    package var marks: FieldMarks
    package var check: FieldCheck?
    /// What a new record starts with, written as a form would send it.
    package var fallback: String?
    /// A sentence under the form control.
    package var hint: String?
    /// The form's section; fields with the same section stand together.
    package var section: String?
    package var unit: String?
    /// `table.column` of the column that a view shows, where that is sealed; see `sealed(as:)`.
    package var sealedAs: String?

    package init(_ name: String, _ title: String, kind: FieldKind, marks: FieldMarks = [], check: FieldCheck? = nil, unit: String? = nil) {
        self.name = name
        self.title = title
        self.kind = kind
        self.marks = marks
        self.check = check
        self.unit = unit
    }

    package func fallback(_ value: String) -> Field {
        var copy = self
        copy.fallback = value
        return copy
    }
    package func hint(_ text: String) -> Field {
        var copy = self
        copy.hint = text
        return copy
    }
    package func section(_ title: String) -> Field {
        var copy = self
        copy.section = title
        return copy
    }
    /// A view's field opens what another table's column holds.
    package func sealed(as column: String) -> Field {
        var copy = self
        copy.sealedAs = column
        return copy
    }
    package func english(_ title: String) -> Field {
        var copy = self
        copy.titleEN = title
        return copy
    }
}

/// What a field holds; one case = one file that knows its column, form control, validation, display, import and export.
package enum FieldKind: Sendable, Equatable {
    /// Characters allowed; stored as text.
    case text(length: ClosedRange<Int>)
    /// Long text in a text area.
    case note(length: ClosedRange<Int>)
    case integer(ClosedRange<Int>)
    /// Digits after the point, and the range allowed.
    case decimal(places: Int, ClosedRange<Double>)
    case bool
    /// A business day, stored `yyyymmdd`.
    case day
    /// A moment, stored in milliseconds.
    case moment
    /// One code of a dictionary.
    case code(dictionary: String)
    /// Several codes of a dictionary, stored as a JSON array.
    case codes(dictionary: String)
    /// A row of another ledger, stored by its id, shown by that ledger's `titleField`.
    case reference(ledger: String)
    /// An organisation of Identity.
    case organisation
    /// One photo by its SHA-256.
    case photo
    /// Any files by SHA-256, with names, as a JSON array.
    case files
    /// Longitude and latitude in WGS84, stored in two columns `name_lng` and `name_lat`.
    case location
    /// Derived on read; see `Computation`. Has no column.
    case computed(Computation)
}

/// How a computed field comes from others of the same row.
package enum Computation: Sendable, Equatable {
    /// Concatenation of fields with a separator.
    case joined([String], separator: String)
    /// Difference of two moments in minutes.
    case minutes(from: String, to: String)
    /// Difference of two numbers.
    case difference(String, String)
    /// Days until a day field, negative when past.
    case daysLeft(String)
}

/// What a field is besides its kind; several at once.
package struct FieldMarks: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let required = FieldMarks(rawValue: 1 << 0)
    /// Found by the search box.
    package static let searchable = FieldMarks(rawValue: 1 << 1)
    /// Offered as a filter.
    package static let filterable = FieldMarks(rawValue: 1 << 2)
    package static let sortable = FieldMarks(rawValue: 1 << 3)
    /// Not a column of the list unless chosen.
    package static let unlisted = FieldMarks(rawValue: 1 << 4)
    /// Personal: masked unless the reader has `LEDGER.reveal`; revealing is audited. Text is stored sealed: found by its whole value only, neither sorted nor grouped by.
    package static let personal = FieldMarks(rawValue: 1 << 5)
    /// Set by the program only; not in forms and imports.
    package static let readOnly = FieldMarks(rawValue: 1 << 6)
    /// Offered as a dimension of statistics.
    package static let groupable = FieldMarks(rawValue: 1 << 7)
    /// Summed in statistics.
    package static let summable = FieldMarks(rawValue: 1 << 8)
    /// Has an index of its own.
    package static let indexed = FieldMarks(rawValue: 1 << 9)
    /// Set when the record is made, never changed afterwards.
    package static let immutable = FieldMarks(rawValue: 1 << 10)
    /// Neither seen, filtered nor written without `LEDGER.restricted`.
    package static let restricted = FieldMarks(rawValue: 1 << 11)
}

/// A named check, implemented once in `FieldChecks`.
package enum FieldCheck: String, Sendable, CaseIterable {
    case vin, plate, creditCode, idCard, phone, email, region, enterpriseCode, environmentCode, time, notFuture
}

extension Field {
    package static func text(_ name: String, _ title: String, length: ClosedRange<Int> = 1...64, check: FieldCheck? = nil, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .text(length: length), marks: marks, check: check)
    }
    package static func note(_ name: String, _ title: String, length: ClosedRange<Int> = 0...2000, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .note(length: length), marks: marks)
    }
    package static func integer(_ name: String, _ title: String, _ range: ClosedRange<Int> = 0...1_000_000_000, unit: String? = nil, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .integer(range), marks: marks, unit: unit)
    }
    package static func decimal(_ name: String, _ title: String, places: Int = 2, _ range: ClosedRange<Double> = 0...1_000_000_000, unit: String? = nil, marks: FieldMarks = [])
        -> Field
    {
        Field(name, title, kind: .decimal(places: places, range), marks: marks, unit: unit)
    }
    package static func bool(_ name: String, _ title: String, marks: FieldMarks = []) -> Field { Field(name, title, kind: .bool, marks: marks) }
    package static func day(_ name: String, _ title: String, check: FieldCheck? = nil, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .day, marks: marks, check: check)
    }
    package static func moment(_ name: String, _ title: String, check: FieldCheck? = nil, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .moment, marks: marks, check: check)
    }
    package static func code(_ name: String, _ title: String, from dictionary: DictionaryName, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .code(dictionary: dictionary.rawValue), marks: marks)
    }
    package static func codes(_ name: String, _ title: String, from dictionary: DictionaryName, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .codes(dictionary: dictionary.rawValue), marks: marks)
    }
    package static func reference(_ name: String, _ title: String, to ledger: String, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .reference(ledger: ledger), marks: marks)
    }
    package static func organisation(_ name: String, _ title: String, marks: FieldMarks = []) -> Field { Field(name, title, kind: .organisation, marks: marks) }
    package static func photo(_ name: String, _ title: String, marks: FieldMarks = []) -> Field { Field(name, title, kind: .photo, marks: marks.union(.unlisted)) }
    package static func files(_ name: String, _ title: String, marks: FieldMarks = []) -> Field { Field(name, title, kind: .files, marks: marks.union(.unlisted)) }
    package static func location(_ name: String, _ title: String, marks: FieldMarks = []) -> Field { Field(name, title, kind: .location, marks: marks) }
    package static func computed(_ name: String, _ title: String, _ computation: Computation, marks: FieldMarks = []) -> Field {
        Field(name, title, kind: .computed(computation), marks: marks.union(.readOnly))
    }
}

/// The name of a dictionary. Domains add their own in extensions, as `static let emissionStage = DictionaryName("emissionStage")`.
package struct DictionaryName: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ name: String) { rawValue = name }
}
