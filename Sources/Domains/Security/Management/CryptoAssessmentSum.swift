import Kernel
import Ledgers
import Storage
import Web

/// D17.7.5: what an application's units come to: percent of the points that apply, 60 passes, one high risk vetoes.
package enum CryptoAssessmentSum {
    package struct Result: Sendable, Equatable {
        package var application: String
        package var year: Int
        /// 0...100.
        package var score: Double
        package var highRisks: Int
        package var passes: Bool { score >= 60 && highRisks == 0 }
    }

    /// Of the latest year that has rows, by application.
    package static func results(_ reader: any Reader) throws -> [Result] {
        let rows = try reader.rows(
            """
            SELECT application, year, sum(weight) AS weight, sum(score) AS score, sum(CASE WHEN is_high_risk = 1 THEN 1 ELSE 0 END) AS risks FROM crypto_assessment
            WHERE deleted_at IS NULL AND year = (SELECT max(year) FROM crypto_assessment WHERE deleted_at IS NULL) GROUP BY application, year ORDER BY application LIMIT 50
            """)
        return rows.map { row in
            let weight = row["weight"].double ?? 0
            return Result(
                application: row.text("application") ?? "", year: Int(row.int("year") ?? 0), score: weight > 0 ? (row["score"].double ?? 0) * 100 / weight : 0,
                highRisks: Int(row.int("risks") ?? 0))
        }
    }

    static let addition = LedgerAdditions(
        CryptoAssessment.ledger.name,
        banner: { reader, _ in
            let cards = try results(reader).map { result -> Markup in
                let note: Markup = result.highRisks > 0 ? "高风险 \(result.highRisks) 项，一票否决" : "阈值 60"
                return
                    "\(StatCard("\(result.year) \(result.application)", Figure.decimal(result.score, digits: 1), unit: "分", note: note, tone: result.passes ? .good : .red, icon: "shield"))"
            }
            return cards.isEmpty ? .empty : "\(Grid(.quarters, cards))"
        })
}
