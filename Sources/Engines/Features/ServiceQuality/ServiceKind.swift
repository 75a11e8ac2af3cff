import Kernel
import Web

/// D0.3.1 传输时延监测, D0.3.2 响应时间: what a time is promised for, with the catalogue's figures as first limits.
package enum ServiceKind: String, Sendable, CaseIterable {
    case staticTransfer, dynamicTransfer, videoOpening
    case interaction, simpleQuery, complexQuery, geoQuery, onlineAnalysis, statisticReport

    package var title: String {
        switch self {
        case .staticTransfer: "静态数据传输"
        case .dynamicTransfer: "动态数据传输"
        case .videoOpening: "视频调阅"
        case .interaction: "页面交互"
        case .simpleQuery: "简单查询"
        case .complexQuery: "复杂查询"
        case .geoQuery: "地理查询"
        case .onlineAnalysis: "在线分析"
        case .statisticReport: "统计报表"
        }
    }

    /// What is measured, from where to where.
    var meaning: String {
        switch self {
        case .staticTransfer: "接口写入台账（企业基础、承包商、作业等）：到达平台至入库并应答"
        case .dynamicTransfer: "监测值：现场采集时刻至平台入库，不含十分钟以上的补传"
        case .videoOpening: "请求画面至首帧可播放"
        case .interaction: "打开、提交页面：到达平台至应答"
        case .simpleQuery: "带一至两个条件的列表查询"
        case .complexQuery: "带三个及以上条件的列表查询、全局检索"
        case .geoQuery: "地图要素与空间查询"
        case .onlineAnalysis: "统计、分析、看板、大屏"
        case .statisticReport: "报表生成与导出"
        }
    }

    var group: String {
        switch self {
        case .staticTransfer, .dynamicTransfer, .videoOpening: "传输时延"
        default: "响应时间"
        }
    }

    var usualLimit: ServiceLimit {
        switch self {
        case .staticTransfer, .dynamicTransfer: ServiceLimit(average: 2000, peak: 2000)
        case .videoOpening: ServiceLimit(average: 3000, peak: 3000)
        case .interaction: ServiceLimit(average: 800, peak: 1000)
        case .simpleQuery: ServiceLimit(average: 3000, peak: 3000)
        case .complexQuery: ServiceLimit(average: 5000, peak: 5000)
        case .geoQuery: ServiceLimit(average: 10_000, peak: 10_000)
        case .onlineAnalysis: ServiceLimit(average: 1000, peak: 3000)
        case .statisticReport: ServiceLimit(average: 3000, peak: 8000)
        }
    }

    /// What a request of the site counts as; nil for what is not waited for (live streams, files of our own, machines asking how we are).
    package static func of(method: String, _ here: PageAddress) -> ServiceKind? {
        let parts = here.path.split(separator: "/").map(String.init)
        let words = Set(parts)
        if !words.isDisjoint(with: silent) { return nil }
        guard method == "GET" else {
            if parts.first == "api" { return .staticTransfer }
            return words.isDisjoint(with: reportWords) ? .interaction : .statisticReport
        }
        if !words.isDisjoint(with: reportWords) { return .statisticReport }
        if !words.isDisjoint(with: placeWords) { return .geoQuery }
        if parts.contains(where: { part in analysisWords.contains { part.contains($0) } }) { return .onlineAnalysis }
        if parts.first == "search" { return .complexQuery }
        let conditions = Set(here.query.filter { !$0.value.isEmpty && !pageWords.contains($0.name) }.map(\.name)).count
        return conditions == 0 ? .interaction : conditions <= 2 ? .simpleQuery : .complexQuery
    }

    /// Long polls, streams, pictures and answers that end when somebody else acts.
    private static let silent: Set<String> = ["live", "events", "stream", "feed", "static", "assets", "photos", "wait", "poll", "live.mp4"]
    private static let reportWords: Set<String> = ["export", "print", "runs", "pdf", "designed"]
    private static let placeWords: Set<String> = ["map", "maps", "geo", "outline", "tracks"]
    private static let analysisWords = ["statistic", "analysis", "board", "screen", "chart", "figures", "pivot", "quality", "transport", "transmission"]
    private static let pageWords: Set<String> = ["page", "size", "sort", "after", "before", "lang", "theme", "tab", "columns", "period", "format", "view"]
}

/// Milliseconds: the average, and the longest that one may take, with the share that may take longer.
package struct ServiceLimit: Sendable, Equatable {
    package var average: Int
    package var peak: Int
    /// Per cent of all that may take longer than `peak`.
    package var share = 5

    /// As it is kept: `800,1000,5`.
    var text: String { "\(average),\(peak),\(share)" }

    package init(average: Int, peak: Int, share: Int = 5) {
        self.average = average
        self.peak = peak
        self.share = share
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ",").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        self.init(average: parts[0], peak: parts[1], share: parts[2])
    }

    /// Why a tally does not hold it; nil when it does, or when there is too little to judge by.
    package func fault(of tally: ServiceMeter.Tally) -> String? {
        guard let mean = tally.averageMilliseconds else { return nil }
        if mean > Double(average) { return "平均 \(Figure.decimal(mean / 1000, digits: 2)) 秒，超过 \(Figure.decimal(Double(average) / 1000, digits: 2)) 秒" }
        let percent = Double(tally.over) * 100 / Double(tally.count)
        // One slow answer among a few is no share.
        if tally.over > 1, percent > Double(share) {
            return "\(Figure.decimal(percent, digits: 1))% 超过 \(Figure.decimal(Double(peak) / 1000, digits: 2)) 秒（容许 \(share)%）"
        }
        return nil
    }
}
