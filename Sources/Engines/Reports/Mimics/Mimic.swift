import Kernel
import Web

/// D9.8.1 工艺组态: a drawing of shapes on a canvas of 1200 × 675, each with what it shows and how. What a shape says depends on who looks.
package struct Mimic: Sendable, Equatable {
    package static let width = 1200
    package static let height = 675
    package static let most = 200

    /// Seconds between two readings, 5...3600.
    package var refresh: Int
    package var elements: [MimicElement]

    package init(refresh: Int = 10, elements: [MimicElement] = []) {
        self.refresh = min(max(refresh, 5), 3600)
        self.elements = elements
    }

    package init(_ json: JSONValue) {
        self.init(refresh: Int(json["refresh"]?.int ?? 10), elements: (json["elements"]?.array ?? []).prefix(Mimic.most).compactMap(MimicElement.init))
    }

    package var json: JSONValue { ["refresh": .int(Int64(refresh)), "elements": .array(elements.map(\.json))] }

    var nextId: String { "e\((elements.compactMap { Int($0.id.dropFirst()) }.max() ?? 0) + 1)" }

    /// Moves elements as they were dragged; unknown ones are left out, places are brought inside the canvas.
    mutating func arrange(_ places: [JSONValue]) {
        for place in places {
            guard let id = place["id"]?.string, let index = elements.firstIndex(where: { $0.id == id }) else { continue }
            let old = elements[index]
            elements[index].place(
                x: Int(place["x"]?.int ?? Int64(old.x)), y: Int(place["y"]?.int ?? Int64(old.y)), width: Int(place["w"]?.int ?? Int64(old.width)),
                height: Int(place["h"]?.int ?? Int64(old.height)))
        }
    }
}

/// The shapes there are; each is drawn by `MimicDrawing`.
package enum MimicShape: String, Sendable, CaseIterable {
    case tank, vessel, tower, pump, valve, pipe, gauge, lamp, number, text, area

    package var title: String {
        switch self {
        case .tank: "储罐"
        case .vessel: "反应釜"
        case .tower: "塔器"
        case .pump: "泵"
        case .valve: "阀门"
        case .pipe: "管道"
        case .gauge: "仪表"
        case .lamp: "指示灯"
        case .number: "数值框"
        case .text: "文字"
        case .area: "区域"
        }
    }

    var size: (width: Int, height: Int) {
        switch self {
        case .tank: (90, 120)
        case .vessel: (80, 110)
        case .tower: (60, 180)
        case .pump, .gauge: (60, 60)
        case .valve: (50, 30)
        case .pipe: (160, 12)
        case .lamp: (30, 30)
        case .number: (120, 40)
        case .text: (160, 30)
        case .area: (300, 200)
        }
    }
}

/// Where an element's value comes from.
package enum MimicSource: Sendable, Equatable {
    /// The first figure of a question.
    case figure(ReportQuestion)
    /// Open alarms of a place or point.
    case alarms(String)
    /// How many rows of a ledger a filter finds.
    case ledger(String, filter: String)
    /// The latest value of a point that sends readings.
    case reading(String)

    var word: String {
        switch self {
        case .figure: "figure"
        case .alarms: "alarms"
        case .ledger: "ledger"
        case .reading: "reading"
        }
    }

    var json: JSONValue {
        switch self {
        case .figure(let question): ["kind": "figure", "question": question.json]
        case .alarms(let words): ["kind": "alarms", "words": .string(words)]
        case .ledger(let name, let filter): ["kind": "ledger", "ledger": .string(name), "filter": .string(filter)]
        case .reading(let subject): ["kind": "reading", "subject": .string(subject)]
        }
    }

    init?(_ json: JSONValue?) {
        switch json?["kind"]?.string {
        case "figure":
            guard let question = ReportQuestion(json?["question"]) else { return nil }
            self = .figure(question)
        case "alarms": self = .alarms(json?["words"]?.string ?? "")
        case "ledger": self = .ledger(json?["ledger"]?.string ?? "", filter: json?["filter"]?.string ?? "")
        case "reading": self = .reading(json?["subject"]?.string ?? "")
        default: return nil
        }
    }
}

/// One line of how a value is shown: from this value on, this colour.
package struct MimicRule: Sendable, Equatable {
    package var from: Double
    package var tone: Tone
}

/// One shape of a mimic.
package struct MimicElement: Sendable, Equatable {
    package var id: String
    package var shape: MimicShape
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int
    /// Degrees: 0, 90, 180, 270.
    package var turn: Int
    package var label: String
    package var source: MimicSource?
    /// What the lowest and the fullest level stand for, of tanks and gauges.
    package var least: Double
    package var fullest: Double
    /// By rising value.
    package var rules: [MimicRule]

    package init(
        _ id: String, _ shape: MimicShape, x: Int, y: Int, width: Int? = nil, height: Int? = nil, turn: Int = 0, label: String = "", source: MimicSource? = nil, least: Double = 0,
        fullest: Double = 100, rules: [MimicRule] = []
    ) {
        self.id = id
        self.shape = shape
        (self.x, self.y, self.width, self.height) = (0, 0, 10, 10)
        self.turn = [0, 90, 180, 270].contains(turn) ? turn : 0
        self.label = String(label.prefix(40))
        self.source = source
        self.least = least
        self.fullest = fullest > least ? fullest : least + 1
        self.rules = Array(rules.prefix(6)).sorted { $0.from < $1.from }
        place(x: x, y: y, width: width ?? shape.size.width, height: height ?? shape.size.height)
    }

    init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, id.count <= 8, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }), let shape = json["shape"]?.string.flatMap(MimicShape.init)
        else {
            return nil
        }
        let number = { (name: String, fallback: Double) -> Double in json[name]?.double ?? json[name]?.int.map(Double.init) ?? fallback }
        let rules = (json["rules"]?.array ?? []).compactMap { rule -> MimicRule? in
            guard let from = rule["from"]?.double ?? rule["from"]?.int.map(Double.init), let tone = rule["tone"]?.string.flatMap(Tone.init(rawValue:)) else { return nil }
            return MimicRule(from: from, tone: tone)
        }
        self.init(
            id, shape, x: Int(json["x"]?.int ?? 0), y: Int(json["y"]?.int ?? 0), width: json["w"]?.int.map { Int($0) }, height: json["h"]?.int.map { Int($0) },
            turn: Int(json["turn"]?.int ?? 0), label: json["label"]?.string ?? "", source: MimicSource(json["source"]), least: number("least", 0), fullest: number("fullest", 100),
            rules: rules)
    }

    var json: JSONValue {
        [
            "id": .string(id), "shape": .string(shape.rawValue), "x": .int(Int64(x)), "y": .int(Int64(y)), "w": .int(Int64(width)), "h": .int(Int64(height)),
            "turn": .int(Int64(turn)),
            "label": .string(label), "source": source?.json ?? .null, "least": .double(least), "fullest": .double(fullest),
            "rules": .array(rules.map { ["from": .double($0.from), "tone": .string($0.tone.rawValue)] }),
        ]
    }

    mutating func place(x: Int, y: Int, width: Int, height: Int) {
        self.width = min(max(width, 10), Mimic.width)
        self.height = min(max(height, 8), Mimic.height)
        self.x = min(max(x, 0), Mimic.width - self.width)
        self.y = min(max(y, 0), Mimic.height - self.height)
    }

    /// The colour of a value; nil before the first rule.
    package func tone(of value: Double) -> Tone? { rules.last { value >= $0.from }?.tone }
}

/// What an element says now.
package struct MimicValue: Sendable, Equatable {
    package var number: Double?
    package var text: String
    package var tone: Tone?

    package init(_ number: Double?, _ text: String, _ tone: Tone? = nil) {
        self.number = number
        self.text = text
        self.tone = tone
    }

    static let unknown = MimicValue(nil, "—")
}
