import Kernel

/// Cards on a grid of twelve columns; what each shows depends on who looks.
package struct Dashboard: Sendable, Equatable {
    package static let columns = 12
    package static let mostRows = 48
    package static let mostCards = 24

    /// Seconds between two readings of a card, 10...3600.
    package var refresh: Int
    package var cards: [DashboardCard]

    package init(refresh: Int = 30, cards: [DashboardCard]) {
        self.refresh = min(max(refresh, 10), 3600)
        self.cards = cards
    }

    package init(_ json: JSONValue) {
        self.init(refresh: Int(json["refresh"]?.int ?? 30), cards: (json["cards"]?.array ?? []).prefix(Dashboard.mostCards).compactMap(DashboardCard.init))
    }

    package var json: JSONValue { ["refresh": .int(Int64(refresh)), "cards": .array(cards.map(\.json))] }

    var nextId: String {
        let used = cards.compactMap { Int($0.id.dropFirst()) }.max() ?? 0
        return "c\(used + 1)"
    }

    /// The first row below everything.
    var bottom: Int { cards.map { $0.y + $0.height }.max() ?? 0 }

    /// Moves cards as they were dragged; unknown ones are left out, places are brought inside the grid, and whatever overlaps moves down.
    mutating func arrange(_ places: [JSONValue]) {
        for place in places {
            guard let id = place["id"]?.string, let index = cards.firstIndex(where: { $0.id == id }) else { continue }
            cards[index].place(x: Int(place["x"]?.int ?? 0), y: Int(place["y"]?.int ?? 0), width: Int(place["w"]?.int ?? 3), height: Int(place["h"]?.int ?? 3))
        }
        settle()
    }

    /// From the top, each card goes down until it lies on nobody.
    mutating func settle() {
        let order = cards.indices.sorted { (cards[$0].y, cards[$0].x) < (cards[$1].y, cards[$1].x) }
        var placed: [Int] = []
        for index in order {
            while placed.contains(where: { cards[index].overlaps(cards[$0]) }), cards[index].y < Dashboard.mostRows - 1 { cards[index].y += 1 }
            placed.append(index)
        }
    }
}

/// One card of a dashboard.
package struct DashboardCard: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case chart, number, list, map, alarms, text, live, mimic, video, links

        package var title: String {
            switch self {
            case .chart: "图表"
            case .number: "数字"
            case .list: "列表"
            case .map: "地图"
            case .alarms: "最新报警"
            case .text: "文字"
            case .live: "实时动态"
            case .mimic: "工艺组态"
            case .video: "视频画面"
            case .links: "外部链接"
            }
        }

        var icon: String {
            switch self {
            case .chart: "chart"
            case .number: "gauge"
            case .list: "list"
            case .map: "map"
            case .alarms: "siren"
            case .text: "edit"
            case .live: "signal"
            case .mimic: "layers"
            case .video: "video"
            case .links: "link"
            }
        }

        var size: (width: Int, height: Int) {
            switch self {
            case .chart: (4, 4)
            case .number: (3, 2)
            case .list, .alarms, .live: (4, 5)
            case .map: (6, 6)
            case .text, .links: (3, 2)
            case .mimic: (8, 6)
            case .video: (6, 5)
            }
        }
    }

    package var id: String
    package var kind: Kind
    package var title: String
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int
    /// Of charts and numbers.
    package var question: ReportQuestion?
    /// Of lists and maps: a ledger, and the filter of its list as its address has it.
    package var ledger: String?
    package var filter: String?
    package var fields: [String]
    package var limit: Int
    /// Of mimics: the item's number.
    package var item: Int64?
    /// Of texts; of links: a line each, title before address; of videos: numbers of cameras with commas between.
    package var text: String?
    /// Of live cards.
    package var topic: String?

    package init(
        _ id: String, _ kind: Kind, _ title: String, x: Int, y: Int, width: Int, height: Int, question: ReportQuestion? = nil, ledger: String? = nil, filter: String? = nil,
        fields: [String] = [], limit: Int = 8, text: String? = nil, topic: String? = nil, item: Int64? = nil
    ) {
        self.id = id
        self.kind = kind
        self.title = title
        (self.x, self.y, self.width, self.height) = (0, 0, 1, 1)
        self.question = question
        self.ledger = ledger
        self.filter = filter
        self.fields = fields
        self.limit = min(max(limit, 1), 50)
        self.text = text.map { String($0.prefix(4000)) }
        self.topic = topic
        self.item = item
        place(x: x, y: y, width: width, height: height)
    }

    init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, id.count <= 8, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }), let kind = json["kind"]?.string.flatMap(Kind.init) else {
            return nil
        }
        self.init(
            id, kind, json["title"]?.string ?? kind.title, x: Int(json["x"]?.int ?? 0), y: Int(json["y"]?.int ?? 0), width: Int(json["w"]?.int ?? 3),
            height: Int(json["h"]?.int ?? 3),
            question: ReportQuestion(json["question"]), ledger: json["ledger"]?.string, filter: json["filter"]?.string, fields: (json["fields"]?.array ?? []).compactMap(\.string),
            limit: Int(json["limit"]?.int ?? 8), text: json["text"]?.string, topic: json["topic"]?.string, item: json["item"]?.int)
    }

    var json: JSONValue {
        [
            "id": .string(id), "kind": .string(kind.rawValue), "title": .string(title), "x": .int(Int64(x)), "y": .int(Int64(y)), "w": .int(Int64(width)), "h": .int(Int64(height)),
            "question": question?.json ?? .null, "ledger": JSONValue(ledger), "filter": JSONValue(filter), "fields": .array(fields.map(JSONValue.string)),
            "limit": .int(Int64(limit)),
            "text": JSONValue(text), "topic": JSONValue(topic), "item": JSONValue(item),
        ]
    }

    /// Of videos.
    var cameras: [Int64] { kind == .video ? (text ?? "").split(separator: ",").compactMap { Int64($0) } : [] }

    mutating func place(x: Int, y: Int, width: Int, height: Int) {
        self.width = min(max(width, 1), Dashboard.columns)
        self.height = min(max(height, 1), 12)
        self.x = min(max(x, 0), Dashboard.columns - self.width)
        self.y = min(max(y, 0), Dashboard.mostRows - 1)
    }

    func overlaps(_ other: DashboardCard) -> Bool { x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height }

    /// Place on the grid, as the style sheet spells it.
    var placeClasses: String { "gx\(x) gw\(width) gy\(y) gh\(height)" }
}
