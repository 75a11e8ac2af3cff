import Foundation
import Kernel

/// What goes wrong with one pass, as it does at real gates.
enum DemoFaults: Sendable {
    case nothing, duplicate, misread, lost, latePhotos, liftedByHand

    static func draw(_ random: inout DemoRandom) -> DemoFaults {
        let kinds: [(DemoFaults, Double)] = [(.nothing, 92), (.duplicate, 2), (.misread, 1.2), (.lost, 0.6), (.latePhotos, 3), (.liftedByHand, 1.2)]
        return kinds[random.weighted(kinds.map(\.1))].0
    }

    /// A character that a reader takes for another.
    static func misread(_ plate: String, _ random: inout DemoRandom) -> String {
        let alike: [Character: Character] = [
            "8": "B", "B": "8", "0": "D", "D": "0", "5": "S", "S": "5", "2": "Z", "Z": "2", "1": "7", "7": "1", "6": "G", "3": "9", "9": "3", "4": "A",
        ]
        var characters = Array(plate)
        let places = characters.indices.dropFirst(2).filter { alike[characters[$0]] != nil }
        guard !places.isEmpty else { return plate }
        let place = random.pick(places)
        characters[place] = alike[characters[place]] ?? characters[place]
        return String(characters)
    }

    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.intersection(CharacterSet(charactersIn: "\u{0}"..."\u{7F}"))) ?? text
    }

    /// The same record, sent after the line was cut.
    static func backfilled(_ record: JSONValue) -> JSONValue {
        guard var object = record.object else { return record }
        object["source"] = "backfill"
        return .object(object)
    }
}
