import Cryptography
import Identity
import Kernel
import Media
import Storage
import Web

/// A `FormSheet` on a page: its controls, and what came back of them, files included.
package struct FormSheetControls: Sendable {
    package let sheet: FormSheet
    private let intake: FileIntake
    private let seal: UploadSeal

    package init(_ sheet: FormSheet, photos: PhotoStore, blobs: any BlobStore, keys: KeyRing, clock: Clock) {
        self.sheet = sheet
        intake = FileIntake(photos: photos, blobs: blobs, clock: clock)
        seal = UploadSeal(keys: keys)
    }

    /// What a person sent: values for `FormSheet.judge`, and the same as text for the form when it comes back with findings.
    package struct Written: Sendable {
        package var values: [String: JSONValue] = [:]
        package var texts: [String: [String]] = [:]

        /// Nothing was asked.
        package init() {}
    }

    /// - Parameter written: what the form came back with; empty for a new one.
    package func controls(_ written: [String: [String]] = [:]) -> [FormField] {
        sheet.fields.flatMap { field -> [FormField] in
            var control = FormField(field.name, field.title, kind(field))
            control.values = written[field.name] ?? field.fallback.map { [$0] } ?? []
            control.isRequired = field.marks.contains(.required)
            control.help = field.hint
            control.unit = field.unit
            limit(&control, field)
            guard field.isFile else { return [control] }
            let kept = written[field.name] ?? []
            control.values = []
            guard !kept.isEmpty else { return [control] }
            control.isRequired = false
            return [FormField(field.name + ".kept", "\(field.title)（已上传）", .multiSelect(kept.map { Choice($0, "已上传的文件") }), values: kept, isWide: true), control]
        }
    }

    private func kind(_ field: Field) -> FormField.Kind {
        switch field.kind {
        case .text, .reference, .organisation, .computed, .location: .text
        case .note: .textArea(rows: 4)
        case .integer: .number(step: "1")
        case .decimal(let places, _): .number(step: places == 0 ? "1" : "0." + String(repeating: "0", count: places - 1) + "1")
        case .bool: .radio([Choice("true", "是"), Choice("false", "否")])
        case .day: .day
        case .moment: .moment
        case .code(let dictionary): .select([Choice("", "请选择")] + sheet.choices(dictionary).map { Choice($0.code, $0.title) })
        case .codes(let dictionary): .multiSelect(sheet.choices(dictionary).map { Choice($0.code, $0.title) })
        case .photo: .photo(isMultiple: false)
        case .files: .file(accept: UploadedContent.accepted, isMultiple: true)
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
            control.maximum = String(range.upperBound)
        case .files, .codes: control.isWide = true
        default: break
        }
    }

    /// Stores the files that came with the form.
    ///
    /// - Throws: `.invalid` with a finding for every file that is not what it should be.
    package func read(_ input: FormInput, by principal: Principal) async throws -> Written {
        var written = Written()
        var findings: [FieldFinding] = []
        for field in sheet.fields {
            if field.isFile {
                do {
                    let files = try await files(field, input, principal)
                    written.texts[field.name] = try files.map { try seal.seal($0, by: principal) }
                    if case .photo = field.kind {
                        written.values[field.name] = files.last.map { .string($0.sha256) } ?? .null
                    } else {
                        written.values[field.name] = .array(files.map(\.json))
                    }
                } catch let failure as Failure where failure.kind == .invalid { findings += failure.fields }
                continue
            }
            written.texts[field.name] = input.all(field.name)
            switch field.kind {
            case .codes: written.values[field.name] = .array(input.all(field.name).map(JSONValue.string))
            default: if input.has(field.name) { written.values[field.name] = JSONValue(input[field.name]) }
            }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return written
    }

    private func files(_ field: Field, _ input: FormInput, _ principal: Principal) async throws -> [AttachedFile] {
        var files = input.all(field.name + ".kept").compactMap { seal.open($0, by: principal) }
        for upload in input.files(field.name) where !upload.bytes.isEmpty { files.append(try await intake.store(upload, as: field, by: principal.organisation)) }
        return files
    }
}

extension Field {
    /// Holds stored files.
    package var isFile: Bool {
        switch kind {
        case .photo, .files: true
        default: false
        }
    }
}
