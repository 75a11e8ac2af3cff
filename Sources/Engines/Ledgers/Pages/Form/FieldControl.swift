import Foundation
import Kernel
import Storage
import Web

/// The form control of each kind of field.
struct FieldControl: Sendable {
    let desk: LedgerDesk
    let face: RecordFace

    /// - Parameters:
    ///   - written: what the form came back with, or the values a new record starts with; nil for the record's own.
    ///   - record: the row being changed; nil for a new one.
    func controls(for field: Field, written: [String]?, record: Record?) -> [FormField] {
        var control = FormField(field.name, field.label(desk.context), kind(field, written: written, record: record))
        control.values = written ?? record.map { recorded(field, $0) } ?? []
        control.isRequired = field.isRequired
        control.help = field.hint
        control.unit = field.unit
        limit(&control, field)
        if field.marks.contains(.immutable), record != nil { control.isReadOnly = true }
        if field.isPersonal, let record { hide(&control, field, record, written: written) }
        switch field.kind {
        case .photo, .files:
            // A file input cannot be filled in again: what is stored already stands beside it.
            if !(written ?? []).isEmpty || record.map({ !$0.files(field).isEmpty }) ?? false { control.isRequired = false }
            return kept(field, written: written, record: record).map { [$0, control] } ?? [control]
        default: return [control]
        }
    }

    private func kind(_ field: Field, written: [String]?, record: Record?) -> FormField.Kind {
        switch field.kind {
        case .text: .text
        case .note: .textArea(rows: 4)
        case .integer: .number(step: "1")
        case .decimal(let places, _): .number(step: places == 0 ? "1" : "0." + String(repeating: "0", count: places - 1) + "1")
        case .bool: .radio([Choice("true", desk.context.text("是", "Yes")), Choice("false", desk.context.text("否", "No"))])
        case .day: .day
        case .moment: .moment
        case .code(let dictionary): .select(choices(dictionary, current: written ?? record.map { recorded(field, $0) } ?? []))
        case .codes(let dictionary): .multiSelect(choices(dictionary, current: written ?? record.map { recorded(field, $0) } ?? []))
        case .reference(let ledger): .reference(url: "/ledgers/\(ledger)/choices", shown: shown(field, written: written, record: record))
        case .organisation: .reference(url: "\(desk.path)/organisations", shown: shown(field, written: written, record: record))
        case .photo: .photo(isMultiple: false)
        case .files: .file(accept: UploadedContent.accepted, isMultiple: true)
        case .location: .mapPoint
        case .computed: .shown("\(record.map { face.text(field, $0) })")
        }
    }

    private func limit(_ control: inout FormField, _ field: Field) {
        switch field.kind {
        case .text(let length): control.maxLength = length.upperBound
        case .note(let length):
            control.maxLength = length.upperBound
            control.isWide = true
        case .integer(let range):
            control.minimum = String(range.lowerBound)
            control.maximum = range.upperBound < Int.max ? String(range.upperBound) : nil
        case .decimal(_, let range):
            control.minimum = Figure.plain(range.lowerBound)
            control.maximum = Figure.plain(range.upperBound)
        case .day where field.check == .notFuture: control.maximum = desk.today.text
        case .codes(let dictionary): control.isWide = face.choices(dictionary).count > 6
        case .files: control.isWide = true
        default: break
        }
    }

    /// Choices valid today, and the current ones even where they have been withdrawn since.
    private func choices(_ dictionary: String, current: [String]) -> [Choice] {
        var choices = face.choices(dictionary)
        for code in current where !code.isEmpty && !choices.contains(where: { $0.value == code }) {
            choices.append(Choice(code, face.title(of: code, in: dictionary) + desk.context.text("（已停用）", " (withdrawn)")))
        }
        return choices
    }

    private func shown(_ field: Field, written: [String]?, record: Record?) -> String {
        guard let value = written?.first else { return record.map { face.text(field, $0) } ?? "" }
        guard let id = Int64(value) else { return "" }
        return face.linkTitle(field, id)
    }

    /// Stored values as the control wants them.
    private func recorded(_ field: Field, _ record: Record) -> [String] {
        guard let value = record.values[field.name], !value.isNull else {
            if case .location = field.kind { return record.location(field.name).map { ["\($0.longitude),\($0.latitude)"] } ?? [] }
            return []
        }
        switch field.kind {
        case .bool: return [value.int == 0 ? "false" : "true"]
        case .day: return [value.int.flatMap { Day(number: Int($0)) }?.text ?? ""]
        case .moment: return [value.int.map { FieldControl.local(Moment(milliseconds: $0)) } ?? ""]
        case .codes: return CodesField.members(of: .string(value.text ?? "")) ?? []
        case .photo, .files: return []
        default: return [plainText(value)]
        }
    }

    /// `2026-11-21T08:00`, with seconds where there are any, for `datetime-local`.
    static func local(_ moment: Moment) -> String {
        let text = moment.text.replacing(" ", with: "T")
        return text.hasSuffix(":00") ? String(text.dropLast(3)) : text
    }

    /// A personal value never travels to the form: blank keeps it.
    private func hide(_ control: inout FormField, _ field: Field, _ record: Record, written: [String]?) {
        let masked = face.text(field, record)
        control.values = written ?? []
        guard !masked.isEmpty else { return }
        control.isRequired = false
        control.placeholder = masked
        control.help = desk.context.text("个人信息已隐藏；留空表示不修改", "Hidden; leave blank to keep") + (field.hint.map { "。\($0)" } ?? "")
    }

    private func uploadedName(_ sealed: String, _ field: Field) -> String {
        guard let name = desk.services.seal.open(sealed, by: desk.principal)?.name, !name.isEmpty else { return field.title }
        return name
    }

    /// Files that are stored already, each with a box to keep it.
    private func kept(_ field: Field, written: [String]?, record: Record?) -> FormField? {
        let stored = record?.files(field) ?? []
        let pending = (written ?? []).filter { sealed in !stored.contains { $0.sha256 == sealed } }
        guard !stored.isEmpty || !pending.isEmpty else { return nil }
        var choices = stored.map { Choice($0.sha256, desk.context.text("保留 ", "Keep ") + ($0.name.isEmpty ? field.title : $0.name)) }
        choices += pending.map { Choice($0, desk.context.text("已上传：", "Uploaded: ") + uploadedName($0, field)) }
        let values = written == nil ? stored.map(\.sha256) : (written ?? [])
        return FormField(field.name + ".kept", field.label(desk.context) + desk.context.text("（已有）", " (stored)"), .multiSelect(choices), values: values, isWide: true)
    }
}
