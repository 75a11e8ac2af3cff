import Kernel
import Storage

/// What one kind of field knows: its columns, what input it takes, how a stored value reads for people and for programs. The form controls stand in `Pages`.
protocol FieldBehaviour: Sendable {
    /// Columns without their suffixes resolved: one for nearly all, two for a location, none for a computed field.
    func columns(of field: Field) -> [Column]
    /// Input that is not empty. Empty input never gets here.
    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted
    /// For people, empty where nothing is stored.
    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String
    /// For programs; `null` where nothing is stored.
    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue
}

/// What came of one input.
enum Accepted {
    case value(SQLValue)
    case pair(SQLValue, SQLValue)
    /// A stable code and a Chinese predicate that follows the field's title.
    case refused(String, String)
}

/// What judging an input may look at.
struct InputContext: Sendable {
    let dictionaries: DictionarySnapshot
    let now: Moment
    let today: Day
    /// Sheets carry 国五 and 是 where programs send `5` and `true`.
    var acceptsTitles = false
}

/// What showing a stored value may look at.
struct DisplayContext: Sendable {
    let dictionaries: DictionarySnapshot
    let titles: ReferenceTitles
    let today: Day
}

extension FieldBehaviour {
    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String { plainText(record.values[field.name]) }
    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue { JSONValue(stored: record.values[field.name] ?? .null) }
}

extension FieldKind {
    var behaviour: any FieldBehaviour {
        switch self {
        case .text(let length): TextField(length: length, isLong: false)
        case .note(let length): TextField(length: length, isLong: true)
        case .integer(let range): IntegerField(range: range)
        case .decimal(let places, let range): DecimalField(places: places, range: range)
        case .bool: BoolField()
        case .day: DayField()
        case .moment: MomentField()
        case .code(let dictionary): CodeField(dictionary: dictionary)
        case .codes(let dictionary): CodesField(dictionary: dictionary)
        case .reference(let ledger): ReferenceField(ledger: ledger)
        case .organisation: OrganisationField()
        case .photo: PhotoField()
        case .files: FilesField()
        case .location: LocationField()
        case .computed(let computation): ComputedField(computation: computation)
        }
    }
}

extension JSONValue {
    /// A stored value as a program reads it, without knowing its field.
    init(stored value: SQLValue) {
        switch value {
        case .null: self = .null
        case .int(let value): self = .int(value)
        case .real(let value): self = .double(value)
        case .text(let value): self = .string(value)
        case .blob: self = .null
        }
    }

    /// Null, or text of blanks only.
    var isBlank: Bool {
        switch self {
        case .null: true
        case .string(let text): text.utf8.allSatisfy { $0 == 32 || ($0 >= 9 && $0 <= 13) }
        case .array(let elements): elements.isEmpty
        default: false
        }
    }

    /// What a form or a sheet would have sent.
    var written: String? {
        switch self {
        case .string(let text): text
        case .int(let value): String(value)
        case .double(let value): value == value.rounded() && abs(value) < 9e15 ? String(Int64(value)) : String(value)
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }
}

extension SQLValue {
    /// The reverse of `JSONValue(stored:)`, for values read back from history.
    init(restoring value: JSONValue) {
        switch value {
        case .null, .array, .object: self = .null
        case .bool(let value): self = .int(value ? 1 : 0)
        case .int(let value): self = .int(value)
        case .double(let value): self = .real(value)
        case .string(let value): self = .text(value)
        }
    }
}

func plainText(_ value: SQLValue?) -> String {
    switch value {
    case .int(let value): String(value)
    case .real(let value): value == value.rounded() && abs(value) < 9e15 ? String(Int64(value)) : String(value)
    case .text(let value): value
    default: ""
    }
}

extension StringProtocol {
    /// Without blanks at both ends, the full-width blank of Chinese typing included.
    var trimmed: String {
        var part = self[...]
        while let first = part.first, first.isWhitespace { part = part.dropFirst() }
        while let last = part.last, last.isWhitespace { part = part.dropLast() }
        return String(part)
    }
}
