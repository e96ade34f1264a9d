# show.pl: events for the eye.  Reads lines, one event each.
#
# usage: perl show.pl WIDTH COLOUR		(0: none)
#
# Members fill lines as words fill a paragraph; one that is too long for a line
# of its own is opened up.  Text passes unchanged: only white space and colours
# are added.  A line that is no JSON is printed as it is.  No modules: perl-base.
use strict;
use warnings;

my ($width, $colour) = @ARGV;
my %colours = (name => 34, string => 32, number => 36, word => 35, head => 1);

sub paint
{
	my ($kind, $text) = @_;
	return $colour ? "\e[$colours{$kind}m$text\e[0m" : $text;
}

# Length in characters, not bytes.
sub columns
{
	my ($text) = @_;
	return length($text) - ($text =~ tr/\x80-\xbf//);
}

# Parses the value at pos() into [kind, text] or [kind, [names], [values]].
sub parse
{
	my ($line) = @_;
	if ($$line =~ /\G\{/gc)
	{
		my (@names, @values);
		until ($$line =~ /\G\}/gc)
		{
			$$line =~ /\G,?("(?:[^"\\]|\\.)*"):/gc or die;
			push @names, $1;
			push @values, parse($line);
		}
		return [ 'object', \@names, \@values ];
	}
	if ($$line =~ /\G\[/gc)
	{
		my @values;
		until ($$line =~ /\G\]/gc)
		{
			$$line =~ /\G,/gc;
			push @values, parse($line);
		}
		return [ 'array', undef, \@values ];
	}
	return [ 'string', $1 ] if $$line =~ /\G("(?:[^"\\]|\\.)*")/gc;
	return [ 'number', $1 ] if $$line =~ /\G(-?[0-9][0-9.eE+-]*)/gc;
	return [ 'word', $1 ] if $$line =~ /\G(true|false|null)/gc;
	die;
}

sub flat
{
	my ($node, $painted) = @_;
	my ($kind, $names, $values) = @$node;
	if (!$values)
	{
		# A text of many kilobytes is no longer for the eye.
		my $text = length($names) > 300 ? substr($names, 0, 280) =~ s/[\x80-\xbf]*$//r . '..."' : $names;
		return $painted ? paint($kind, $text) : $text;
	}
	my @members = map { flat($_, $painted) } @$values;
	return '[' . join(', ', @members) . ']' if $kind eq 'array';
	return '{' . join(', ', map { ($painted ? paint('name', $names->[$_]) : $names->[$_]) . ": $members[$_]" } 0 .. $#members) . '}';
}

sub pretty
{
	my ($node, $indent, $used) = @_;
	my ($kind, $names, $values) = @$node;
	return flat($node, 1) if !$values || !@$values || $used + columns(flat($node, 0)) < $width;
	my $deeper = "$indent  ";
	my ($text, $column) = ('', $width);
	for my $i (0 .. $#$values)
	{
		my $name = $kind eq 'object' ? "$names->[$i]: " : '';
		my $lead = $name && paint('name', $names->[$i]) . ': ';
		my $length = columns($name . flat($values->[$i], 0)) + 2;
		if ($column + $length > $width)
		{
			$text .= ($i ? ',' : '') . "\n$deeper";
			$column = columns($deeper);
		}
		else
		{
			$text .= ', ';
		}
		$column += $length;
		$text .= $lead . pretty($values->[$i], $deeper, columns($deeper . $name) + 1);
	}
	my ($open, $close) = $kind eq 'object' ? ('{', '}') : ('[', ']');
	return "$open$text\n$indent$close";
}

while (my $line = <STDIN>)
{
	chomp $line;
	my $node = eval { pos($line) = 0; parse(\$line) };
	print $node && pos($line) == length($line) ? pretty($node, '', 0) : $line, "\n";
}
