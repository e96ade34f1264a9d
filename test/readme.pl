# readme.pl: runs the snippets of README.md and renews what it takes from the
# sources.  Called by test/readme, with a cluster in the environment.
#
# usage: perl readme.pl check|write ROOT FOLDER
#
# From "## Getting started" to "## Formats" and in "## Snapshots", blocks marked
# sh and sql run in their order, in FOLDER; a block marked json is what the blocks before it printed, laid
# out for reading.  "check" compares with all numbers masked.  "write" leaves
# FOLDER/README.md.
use strict;
use warnings;

my ($mode, $root, $folder) = @ARGV;
my ($passed, $failed) = (0, 0);

sub slurp
{
	my ($name) = @_;
	open(my $file, '<', $name) or die "$name: $!\n";
	local $/;
	return scalar <$file>;
}

sub spew
{
	my ($name, $text) = @_;
	open(my $file, '>', $name) or die "$name: $!\n";
	print $file $text;
	close $file;
}

sub result
{
	my ($ok, $text) = @_;
	$ok ? $passed++ : $failed++;
	print "not so: $text\n" unless $ok;
	return;
}

# Layout and numbers are of no account, nor are the letters of base64.
sub masked
{
	my ($text) = @_;
	$text =~ s/\s+//g;
	$text =~ s/[0-9]+/N/g;
	return $text;
}

sub run
{
	my ($language, $text) = @_;
	my $command = "cd '$folder' && sh -e '$folder/snippet'";
	$command = "psql -XqAt -v ON_ERROR_STOP=1 -d shop -f '$folder/snippet'" if $language eq 'sql';
	spew("$folder/snippet", $text);
	my $output = `$command 2>'$folder/errors'`;
	result($? == 0, "this snippet runs:\n$text" . slurp("$folder/errors"));
	return $output;
}

sub laid_out
{
	my ($lines) = @_;
	spew("$folder/lines", $lines);
	return `perl '$root/test/demo/show.pl' 120 0 <'$folder/lines'`;
}

sub options_table
{
	my $query = q{SELECT format('| `%s` | %s | %s | %s |', name, type, coalesce('`' || "default" || '`', ''),
		regexp_replace(description, ' Debezium''s property\.', '')) FROM cdc_json.options()};
	spew("$folder/snippet", $query);
	my $rows = `psql -XAt -d shop -c 'CREATE EXTENSION IF NOT EXISTS cdc_json' -f '$folder/snippet' 2>&1`;
	$rows =~ s/^CREATE EXTENSION\n//mg;
	# Markdown would take what is in angle brackets for HTML, except in code.
	$rows =~ s/`[^`]*`(*SKIP)(*FAIL)|</&lt;/g;
	return "| Option | Type | Default | Meaning |\n|---|---|---|---|\n$rows";
}

my @lines = split /^/, slurp("$root/README.md");
my ($new, $output, $active) = ('', '', 0);
while (defined(my $line = shift @lines))
{
	$active = $line =~ /^## (?:Getting started|Events|Snapshots)/ if $line =~ /^## /;
	$new .= $line;
	if ($line =~ /^```(\w+)$/ && $active)
	{
		my $language = $1;
		my $block = '';
		$block .= shift @lines while @lines && $lines[0] !~ /^```$/;
		if ($language eq 'json')
		{
			my $found = laid_out($output);
			$output = '';
			my $same = masked($found) eq masked($block);
			result($same, "the block says what was printed:\n$found") if $mode eq 'check';
			$block = $found unless $same;
		}
		elsif ($language eq 'sh' || $language eq 'sql')
		{
			$output .= join '', grep { /^\{/ } split /^/, run($language, $block);
		}
		$new .= $block . shift @lines;
	}
	elsif ($line =~ /^<!-- options: /)
	{
		my $block = '';
		$block .= shift @lines while @lines && $lines[0] !~ /^<!-- end of options/;
		my $table = options_table();
		result($block eq $table, 'the option table is that of cdc_json.options(); make readme renews it') if $mode eq 'check';
		$new .= $table;
	}
}
spew("$folder/README.md", $new);
print "$passed passed, $failed failed, 0 skipped\n";
exit($failed > 0);
