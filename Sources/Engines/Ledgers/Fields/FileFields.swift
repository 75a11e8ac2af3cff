import Kernel
import Storage

/// One stored file that a row points to; its bytes lie in the blob store under their SHA-256.
package struct AttachedFile: Sendable, Equatable {
    /// 64 hexadecimal digits.
    package var sha256: String
    package var name: String
    /// `image/jpeg`, as found in the content, not as claimed.
    package var mediaType: String
    /// Bytes.
    package var size: Int

    package init(sha256: String, name: String, mediaType: String = "", size: Int = 0) {
        self.sha256 = sha256
        self.name = name
        self.mediaType = mediaType
        self.size = size
    }

    init?(_ json: JSONValue) {
        guard let sha256 = json.string ?? json["sha256"]?.string, isSHA256(sha256) else { return nil }
        self.init(sha256: sha256.lowercased(), name: json["name"]?.string ?? "", mediaType: json["mediaType"]?.string ?? "", size: Int(json["size"]?.int ?? 0))
    }

    package var json: JSONValue { ["sha256": .string(sha256), "name": .string(name), "mediaType": .string(mediaType), "size": .int(Int64(size))] }
}

/// `.photo`: one photo by its SHA-256.
struct PhotoField: FieldBehaviour {
    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .text)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let file = AttachedFile(input) else { return .refused("format", "不是已上传的照片") }
        return .value(.text(file.sha256))
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String { record.values[field.name]?.text == nil ? "" : "有照片" }
}

/// `.files`: any number of files, at most 20, as a JSON array of `AttachedFile`.
struct FilesField: FieldBehaviour {
    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .text)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let elements = FilesField.elements(of: input) else { return .refused("format", "不是已上传的附件") }
        let files = elements.compactMap(AttachedFile.init)
        guard files.count == elements.count else { return .refused("format", "含有未上传成功的附件") }
        guard files.count <= 20 else { return .refused("length", "最多 20 个附件") }
        return .value(files.isEmpty ? .null : .text(JSONValue.array(files.map(\.json)).text))
    }

    static func elements(of input: JSONValue) -> [JSONValue]? {
        switch input {
        case .array(let elements): elements
        case .object: [input]
        case .string(let text) where text.hasPrefix("["): (try? JSONValue(parsing: text))?.array
        case .string(let text): text.split(separator: ",").map { .string($0.trimmed) }
        default: nil
        }
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.files(field).map { $0.name.isEmpty ? "附件" : $0.name }.joined(separator: "、")
    }

    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue {
        guard record.values[field.name]?.text != nil else { return .null }
        return .array(record.files(field).map(\.json))
    }
}

extension Record {
    /// The files of a `.photo` or `.files` field, in the order they were put.
    package func files(_ field: Field) -> [AttachedFile] {
        guard let stored = values[field.name]?.text else { return [] }
        if case .photo = field.kind { return [AttachedFile(sha256: stored, name: field.title)] }
        return (FilesField.elements(of: .string(stored)) ?? []).compactMap(AttachedFile.init)
    }
}

func isSHA256(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 | 0x20 >= 97 && $0 | 0x20 <= 102) }
}
