import Cryptography
import Identity
import Kernel

/// Files that were stored before their form was right travel back and forth sealed, so that nobody can claim a file that is not theirs.
struct UploadSeal: Sendable {
    let keys: KeyRing

    func seal(_ file: AttachedFile, by principal: Principal) throws -> String {
        var json = file.json
        if case .object(var object) = json {
            object["by"] = .int(principal.id)
            json = .object(object)
        }
        return try keys.seal(json.text)
    }

    /// Nil when it was not sealed here for this person.
    func open(_ sealed: String, by principal: Principal) -> AttachedFile? {
        guard sealed.utf8.count > 64, let text = try? keys.open(sealed), let json = try? JSONValue(parsing: text), json["by"]?.int == principal.id else { return nil }
        return AttachedFile(json)
    }
}
